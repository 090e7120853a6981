# Texts of the lesson `persistence`.
