FROM busybox
ADD ht\tp://169.254.169.254/ /x
