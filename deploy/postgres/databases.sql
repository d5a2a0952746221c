-- Run once, when the cluster is made: a database for Dagster's history, for MLflow, and for searches.
-- `optuna` comes last: it being there tells that all are.
CREATE DATABASE dagster;
CREATE DATABASE mlflow;
CREATE DATABASE optuna;
