FROM metadata.google.internal/x
