# What `lessons torch wheels` says.

wheels-any = any
wheels-heading = Wheels of { $package } for build: { $build }; Python: { $python }
wheels-heading-nightly = Nightly wheels of { $package } for build: { $build }; Python: { $python }
wheels-yanked = taken back by its maker
wheels-yanked-because = taken back by its maker: { $reason }
wheels-unnamed = The table of releases has { $count ->
        [one] one more version
       *[other] { $count } more versions
    } for this, though no file of { $count ->
        [one] it
       *[other] them
    } is named here: { $versions }

wheels-none-project = No wheel here is of { $package }. There are: { $projects }
wheels-none-nightly = There is no nightly of { $package } here; without --nightly you see its stable releases
wheels-none-stable = There is no stable release of { $package } here, only nightlies: add --nightly
wheels-none-build = No wheel of { $package } here says that it was built for { $build }: not every CUDA version has its own
wheels-none-python = No wheel of { $package } is for Python { $python }
wheels-none-together = No wheel of { $package } is for both { $build } and Python { $python }: they did not live at the same time
wheels-none-platform = There are wheels of { $package } for this, but not for that system
wheels-nearest-pythons = { $build } has wheels for Python { $pythons }; the newest version is { $newest }
wheels-nearest-builds-for-python = Python { $python } has wheels of { $builds }; the newest version is { $newest }. A wheel brings its own CUDA: one that your driver is new enough for will do
wheels-nearest-builds = The nearest builds: { $builds }. A wheel brings its own CUDA: one that your driver is new enough for will do
wheels-nearest-untold = { $count ->
        [one] One wheel does
       *[other] { $count } wheels do
    } not tell in the name for which CUDA it was built, as on PyPI; the newest version is { $newest }
wheels-nearest-platforms = There are wheels for { $platforms }

wheels-source-index = As { $index } has it, read on { $day }
wheels-source-part = As { $index } has it, read on { $day }. It may hold a part of what there is
wheels-source-snapshot = As of { $day }, from the list that comes along. To ask the index itself:
wheels-source-snapshot-part = As of { $day }, from the list that comes along: it has the names that were seen in public, and there may be more. To ask the index itself:
