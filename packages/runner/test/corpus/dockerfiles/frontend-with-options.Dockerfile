# syntax=docker/dockerfile:1 --allow=everything
FROM busybox
