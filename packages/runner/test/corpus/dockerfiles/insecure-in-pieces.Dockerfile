FROM busybox
RUN --secu\
  # between
rity="insec"ure true
