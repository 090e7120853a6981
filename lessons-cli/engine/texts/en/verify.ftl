# What `lessons torch verify` says besides the steps.

verify-waiting = Python is asked about its torch; that may take up to { $seconds } seconds
verify-said = What torch did:
verify-deep = Whether torch computes on the GPU was not tried. To let it:
