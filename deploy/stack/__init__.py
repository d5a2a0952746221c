"""The services of docker-compose.yml as processes of one machine without a container engine."""
