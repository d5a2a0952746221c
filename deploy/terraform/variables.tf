variable "environment" {
  description = "Profile of the deployment, as SEISMIC_ENV has it."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "Give dev, staging or prod."
  }
}

variable "region" {
  description = "Region of everything, such as eu-north-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Give a region such as eu-north-1."
  }
}

variable "name" {
  description = "Begins the name of everything; buckets are named by it in the whole cloud."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}[a-z0-9]$", var.name))
    error_message = "Give 4 to 32 small letters, digits and hyphens, a letter first."
  }
}

variable "vpc_id" {
  description = "Network that is there already."
  type        = string

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "Give the id of a VPC, vpc-..."
  }
}

variable "private_subnet_ids" {
  description = "Subnets of that network without addresses of the internet, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.private_subnet_ids) >= 2 && alltrue([for id in var.private_subnet_ids : startswith(id, "subnet-")])
    error_message = "Give two subnets or more, subnet-..."
  }
}

variable "namespace" {
  description = "Kubernetes namespace of the Helm release."
  type        = string
  default     = "seismic"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "Give the name of a namespace: small letters, digits and hyphens."
  }
}

variable "release" {
  description = "Name of the Helm release; its service accounts may use the bucket."
  type        = string
  default     = "seismic-assets"

  validation {
    # The chart then adds nothing to the name.
    condition     = strcontains(var.release, "seismic-assets") && length(var.release) <= 40
    error_message = "Give a name that holds seismic-assets, of 40 letters at most."
  }
}

variable "kubernetes_version" {
  description = "Version of the cluster."
  type        = string
  default     = "1.34"

  validation {
    condition     = can(regex("^1\\.(2[7-9]|[3-9][0-9])$", var.kubernetes_version))
    error_message = "Give 1.27 or later: probes over gRPC."
  }
}

variable "api_allowed_cidrs" {
  description = "Who may reach the cluster's API over the internet; none makes it private."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.api_allowed_cidrs : can(cidrhost(cidr, 0)) && cidr != "0.0.0.0/0"])
    error_message = "Give blocks of addresses such as 192.0.2.0/24; the whole internet is none."
  }
}

variable "node_type" {
  description = "Machines of the cluster; docs/sizing.md says how many cores a survey takes."
  type        = string
  default     = "m7i.2xlarge"
}

variable "nodes" {
  description = "Fewest and most machines of the cluster."
  type        = object({ least = number, most = number })
  default     = { least = 2, most = 8 }

  validation {
    condition     = var.nodes.least >= 1 && var.nodes.most >= var.nodes.least
    error_message = "The least is 1 or more, the most no less than that."
  }
}

variable "database_class" {
  description = "Machine of PostgreSQL."
  type        = string
  default     = "db.t4g.medium"

  validation {
    condition     = startswith(var.database_class, "db.")
    error_message = "Give a class of RDS, db...."
  }
}

variable "database_gb" {
  description = "Disk of PostgreSQL at the start; it grows to five times that."
  type        = number
  default     = 50

  validation {
    condition     = var.database_gb >= 20 && var.database_gb <= 10000
    error_message = "Give 20 to 10,000 GB."
  }
}

variable "backup_days" {
  description = "Days that backups of PostgreSQL and old versions of objects are kept."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "Give 1 to 35 days."
  }
}
