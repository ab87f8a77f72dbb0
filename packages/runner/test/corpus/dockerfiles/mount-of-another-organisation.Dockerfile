FROM busybox
RUN --mount=from=127.0.0.1:5000/other/shop/api:latest,target=/x cat /x/app/.env
