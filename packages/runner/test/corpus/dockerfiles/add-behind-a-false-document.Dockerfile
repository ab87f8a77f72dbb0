FROM busybox
RUN echo ${a:- <<EOF }
ADD http://169.254.169.254/ /x
EOF
