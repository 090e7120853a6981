# Texts of the lesson `cuda`.
