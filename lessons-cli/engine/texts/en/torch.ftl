# Texts of the lesson `torch`.
