FROM busybox
RUN --device=vendor.com/device=gpu true
