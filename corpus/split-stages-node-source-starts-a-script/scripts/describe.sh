#!/bin/bash
set -e
version=$(git --version)
echo "made with $version"
