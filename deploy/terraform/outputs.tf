data "aws_vpc" "main" {
  id = var.vpc_id
}

locals {
  # The API's address as pods know it lies there; network policies see it before it is translated.
  services_cidr = aws_eks_cluster.main.kubernetes_network_config[0].service_ipv4_cidr
}

output "helm_values" {
  description = "Values of the chart: terraform output -json helm_values > cloud.json, then helm ... -f values-ENV.yaml -f cloud.json"
  value = {
    environment    = var.environment
    serviceAccount = { annotations = { "eks.amazonaws.com/role-arn" = aws_iam_role.storage.arn } }
    persistence    = { storageClassName = "seismic-state" }
    mlflow         = { artifacts = "s3://${aws_s3_bucket.main.bucket}/${trimsuffix(local.prefixes.artifacts, "/")}" }
    networkPolicy = {
      database      = { cidr = data.aws_vpc.main.cidr_block, port = aws_db_instance.main.port }
      kubernetesApi = { cidrs = [data.aws_vpc.main.cidr_block, local.services_cidr], ports = [443] }
      # The addresses of S3 change; what may be done there is the role's.
      objectStore = { cidr = "0.0.0.0/0" }
    }
  }
}

output "storage_class" {
  description = "Of the claim: terraform output -json storage_class | kubectl apply -f -"
  value = {
    apiVersion    = "storage.k8s.io/v1"
    kind          = "StorageClass"
    metadata      = { name = "seismic-state" }
    provisioner   = "efs.csi.aws.com"
    reclaimPolicy = "Retain"
    parameters = {
      provisioningMode = "efs-ap"
      fileSystemId     = aws_efs_file_system.state.id
      directoryPerms   = "700"
      uid              = "10001"
      gid              = "10001"
    }
  }
}

output "bucket" {
  description = "Bucket with a place each for tables, artifacts and landed files."
  value       = { name = aws_s3_bucket.main.bucket, prefixes = local.prefixes }
}

output "database" {
  description = "Where PostgreSQL is, and the secret of the cloud that holds its password."
  value = {
    host   = aws_db_instance.main.address
    port   = aws_db_instance.main.port
    user   = aws_db_instance.main.username
    secret = aws_db_instance.main.master_user_secret[0].secret_arn
  }
}

output "cluster" {
  description = "Name of the cluster: aws eks update-kubeconfig --name NAME"
  value       = aws_eks_cluster.main.name
}
