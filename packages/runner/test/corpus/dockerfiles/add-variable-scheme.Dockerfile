FROM busybox
ARG S=http
ADD ${S}://169.254.169.254/ /x
