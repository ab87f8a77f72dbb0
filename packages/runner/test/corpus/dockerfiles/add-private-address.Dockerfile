FROM busybox
ADD --chown=1:1 https://10.0.0.1/secret /x
