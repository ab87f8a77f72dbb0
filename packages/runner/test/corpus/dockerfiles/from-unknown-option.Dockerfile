FROM --privileged busybox
