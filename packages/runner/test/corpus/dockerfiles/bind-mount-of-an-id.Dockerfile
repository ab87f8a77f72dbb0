FROM busybox
RUN --mount=type=bind,from=0a1b2c3d,target=/x cat /x/app/.env
