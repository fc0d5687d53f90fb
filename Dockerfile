# The quickstart in a container:
#
#   docker build -t find-gym . && docker run --rm -v "$PWD/runs:/find-gym/runs" find-gym
FROM python:3.11-slim
WORKDIR /find-gym
COPY . .
# Installs everything and tries it on a few functions.
RUN bash scripts/quickstart.sh 4
CMD ["bash", "scripts/quickstart.sh"]
