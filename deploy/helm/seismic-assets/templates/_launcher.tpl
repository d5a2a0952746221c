{{/* Settings of who starts runs, or opens Dagster's home, which says how they are started. */}}
{{- define "seismic.launcherEnv" -}}
- {name: SEISMIC_RUN_LAUNCHER, value: kubernetes}
- {name: SEISMIC_RUN_PODS, value: /etc/seismic/run_pods.yaml}
{{- end -}}
