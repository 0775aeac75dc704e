"""Prints what a program can see of how it was started."""

import json
import sys

import tornado
import tornado.platform.asyncio
import tornado.web

import etesian.tornado
import etesian.tornado.web

print(
    json.dumps(
        {
            "argv": sys.argv,
            "path0": sys.path[0],
            "name": __name__,
            "file": __file__,
            "same": tornado is etesian.tornado and tornado.web is etesian.tornado.web,
            "main": sys.modules["__main__"].__dict__ is globals(),
            "spec": tornado.web.__spec__.name,
            "version": tornado.version_info >= (6,),
        }
    )
)
sys.exit(3)
