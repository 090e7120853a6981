# Texts of the lesson `topology`.
