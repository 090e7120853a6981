# Texts of the lesson `smi`.
