environment        = "staging"
region             = "eu-north-1"
name               = "example-seismic"
vpc_id             = "vpc-0123456789abcdef0"
private_subnet_ids = ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"]
