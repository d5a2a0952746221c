terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.20"
    }
  }

  # The state knows addresses and names. Keep it where it is encrypted and locked, not beside this file:
  #
  # backend "s3" {
  #   bucket       = "example-terraform-state"
  #   key          = "seismic-assets/prod.tfstate"
  #   region       = "eu-north-1"
  #   encrypt      = true
  #   use_lockfile = true
  # }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      project     = "seismic-assets"
      environment = var.environment
    }
  }
}
