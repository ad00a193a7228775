# A machine that stacks the pictures of one night.
variable "telescope" {
  type        = string
  description = "Which telescope the pictures come from"
  default     = "north-dome"
}

resource "null_resource" "stacker" {
  triggers = {
    telescope = var.telescope
    exposures = 240
  }
}
