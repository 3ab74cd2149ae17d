# A small image of slmsam: the program and the Vulkan loader. The driver of the GPU comes from the host, through the
# container runtime; without one, slmsam computes on the CPU.
#
#   docker build -t slmsam .
#   docker run --rm -v "$PWD:/data" slmsam propagate scan.nii.gz --mask one_slice.nii.gz
#   docker run --rm --gpus all -v "$PWD:/data" slmsam propagate scan.nii.gz --mask one_slice.nii.gz --device gpu
#
# deploy/container/test.sh takes the same steps in a chroot, where no Docker is at hand.
FROM golang:1.24-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -trimpath -ldflags=-s -o /slmsam ./cmd/slmsam

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libvulkan1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /slmsam /usr/local/bin/slmsam
# Says NVIDIA's container runtime to bring its Vulkan driver along.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics
USER 1000:1000
ENV HOME=/tmp
WORKDIR /data
ENTRYPOINT ["slmsam"]
