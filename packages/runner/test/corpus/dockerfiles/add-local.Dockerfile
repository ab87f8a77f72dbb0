FROM busybox
ADD ./*.Dockerfile Dockerfil* /x/
