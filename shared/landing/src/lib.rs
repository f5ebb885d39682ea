//! S3 keys, writers, manifests, links.
