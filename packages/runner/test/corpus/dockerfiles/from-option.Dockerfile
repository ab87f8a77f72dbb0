FROM -x
