# Pods have the rights of their service account, and none of the node's.
resource "aws_iam_openid_connect_provider" "cluster" {
  url            = aws_eks_cluster.main.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  issuer = trimprefix(aws_eks_cluster.main.identity[0].oidc[0].issuer, "https://")
  accounts = {
    # Those of the chart that read and write tables and artifacts; who starts runs and who looks on are not among them.
    storage      = [for part in ["pipeline", "run", "api"] : "system:serviceaccount:${var.namespace}:${var.release}-${part}"]
    shared_files = ["system:serviceaccount:kube-system:efs-csi-controller-sa"]
  }
}

data "aws_iam_policy_document" "assumed_by_account" {
  for_each = local.accounts

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.cluster.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = each.value
    }
  }
}

resource "aws_iam_role" "storage" {
  name               = "${local.name}-storage"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_account["storage"].json
}

data "aws_iam_policy_document" "storage" {
  statement {
    actions   = ["s3:ListBucket", "s3:GetBucketLocation"]
    resources = [aws_s3_bucket.main.arn]
  }

  # No version may be deleted: what a mistake replaced can be had back.
  statement {
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = [for prefix in values(local.prefixes) : "${aws_s3_bucket.main.arn}/${prefix}*"]
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.main.arn]
  }
}

resource "aws_iam_role_policy" "storage" {
  name   = "bucket"
  role   = aws_iam_role.storage.id
  policy = data.aws_iam_policy_document.storage.json
}

resource "aws_iam_role" "shared_files" {
  name               = "${local.name}-shared-files"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_account["shared_files"].json
}

resource "aws_iam_role_policy_attachment" "shared_files" {
  role       = aws_iam_role.shared_files.name
  policy_arn = "${local.policies}/service-role/AmazonEFSCSIDriverPolicy"
}
