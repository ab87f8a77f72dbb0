FROM busybox
ONBUILD RUN rm -rf /
