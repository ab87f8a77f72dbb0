#!/usr/bin/env frontend
# Syntax = docker.io/somebody/dockerfile:1
FROM busybox
