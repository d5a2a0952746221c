{{- define "seismic.name" -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* What selects all pods of a release, runs among them. */}}
{{- define "seismic.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "seismic.labels" -}}
{{ include "seismic.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* Metadata of an object of a part: root, component. */}}
{{- define "seismic.metadata" -}}
name: {{ include "seismic.name" .root }}-{{ .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "seismic.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "seismic.image" -}}
{{- $image := index .root.Values.image .image -}}
{{- $name := $image.repository -}}
{{- with .root.Values.image.registry }}{{ $name = printf "%s/%s" (trimSuffix "/" .) $name }}{{ end -}}
{{- ternary (printf "%s@%s" $name $image.digest) (printf "%s:%s" $name $image.tag) (not (empty $image.digest)) -}}
{{- end -}}

{{- define "seismic.claim" -}}
{{- .Values.persistence.existingClaim | default (printf "%s-state" (include "seismic.name" .)) -}}
{{- end -}}

{{/* Where all is kept that no object store holds, and whether there is a need for it. */}}
{{- define "seismic.stateDir" -}}
/var/lib/seismic/state
{{- end -}}

{{- define "seismic.objects" -}}
{{- if or (hasPrefix "s3://" .Values.storage.root) (hasPrefix "s3://" .Values.landing.dir) }}yes{{ end -}}
{{- end -}}

{{- define "seismic.tracking" -}}
{{- .Values.mlflow.trackingUri | default (printf "http://%s-mlflow:5000" (include "seismic.name" .)) -}}
{{- end -}}
