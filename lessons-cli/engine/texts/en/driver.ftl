# Texts of the lesson `driver`.
