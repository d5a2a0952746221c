#!/usr/bin/env bash
# Build the images of the Dockerfile where there is no container engine: buildah, in chroot isolation, over a Debian that
# debootstrap makes in place of the official Python image. To see that the Dockerfile builds; what you ship is built on
# the pinned base. Needs root, `apt-get install buildah debootstrap`, some 25 GB of disk and ten minutes.
#   deploy/build_without_engine.sh FOLDER [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -lt 1 ]; then
  echo "give a folder for the images, such as /var/tmp/images" >&2
  exit 2
fi
folder=$1
shift
mkdir -p "$folder"
base="localhost/python:3.11-bookworm"
images() { buildah --root "$folder/store" --runroot "$folder/run" --storage-driver overlay "$@"; }

if [ ! -x "$folder/debian/usr/bin/python" ]; then
  rm -rf "$folder/debian"
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python3-pip bookworm "$folder/debian"
  ln -s python3 "$folder/debian/usr/bin/python"
fi
container=$(images from scratch)
images add --quiet "$container" "$folder/debian" /
# Debian's pip refuses to install beside its packages; certificates are those of this machine.
images config --env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin --env PIP_BREAK_SYSTEM_PACKAGES=1 \
  --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt "$container"
images commit --quiet "$container" "$base"
images rm "$container" >/dev/null
for target in "${@:-api}"; do
  images bud --isolation chroot --layers --format docker --build-arg "PYTHON_IMAGE=$base" \
    --volume /etc/ssl/certs:/etc/ssl/certs:ro --target "$target" --tag "seismic-$target:local" .
done
images images
