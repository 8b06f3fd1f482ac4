#!/usr/bin/env python3
"""Calls example.Echo/Say through the proxy: python3 grpc_client.py [ADDRESS] [TEXT]"""
import sys

import grpc

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:10000"
text = sys.argv[2] if len(sys.argv) > 2 else "hello"
with grpc.insecure_channel(address, options=[("grpc.default_authority", "grpc.example.com")]) as channel:
    say = channel.unary_unary("/example.Echo/Say")
    print(say(text.encode(), timeout=60).decode())
