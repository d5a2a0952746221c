{{/* What every container may not do. */}}
{{- define "seismic.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Settings of all parts; what is written beside the claim goes to /tmp. */}}
{{- define "seismic.envFrom" -}}
- configMapRef: {name: {{ include "seismic.name" . }}-settings}
{{- end -}}

{{/* The address of Dagster's history where Dagster itself must find it: it reads no file of secrets. */}}
{{- define "seismic.historyEnv" -}}
- name: SEISMIC_DAGSTER_DATABASE
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.existingSecret }}, key: seismic_dagster_database}}
{{- end -}}

{{/* The same for MLflow's artifacts in an object store: MLflow reads the variables that AWS names. */}}
{{- define "seismic.artifactsEnv" -}}
{{- range $variable, $key := dict "AWS_ACCESS_KEY_ID" "seismic_s3_access_key_id" "AWS_SECRET_ACCESS_KEY" "seismic_s3_secret_access_key" }}
- name: {{ $variable }}
  valueFrom: {secretKeyRef: {name: {{ $.Values.secrets.existingSecret }}, key: {{ $key }}, optional: true}}
{{- end }}
{{- with .Values.settings.SEISMIC_S3_ENDPOINT }}
- {name: MLFLOW_S3_ENDPOINT_URL, value: {{ quote . }}}
{{- end }}
{{- with .Values.settings.SEISMIC_S3_REGION }}
- {name: AWS_DEFAULT_REGION, value: {{ quote . }}}
{{- end }}
{{- end -}}

{{/* What of the claim is mounted where: home, storage, landing, artifacts. */}}
{{- define "seismic.claimMounts" -}}
{{- $tables := and .storage (hasPrefix "s3://" .root.Values.storage.root) }}
{{- $files := and .landing (hasPrefix "s3://" .root.Values.landing.dir) }}
{{- if .home }}
- {name: state, mountPath: /var/lib/seismic/dagster, subPath: dagster}
{{- end }}
{{- if or $tables $files }}
- {name: state, mountPath: {{ include "seismic.stateDir" .root }}, subPath: state, readOnly: {{ and (eq .storage "read") (not $files) }}}
{{- end }}
{{- if and .storage (not $tables) }}
- {name: state, mountPath: {{ .root.Values.storage.root }}, subPath: storage, readOnly: {{ eq .storage "read" }}}
{{- end }}
{{- if and .landing (not $files) }}
- {name: state, mountPath: {{ .root.Values.landing.dir }}, subPath: landing, readOnly: {{ .root.Values.landing.readOnly }}}
{{- end }}
{{- if and .artifacts (not (hasPrefix "s3://" .root.Values.mlflow.artifacts)) }}
- {name: state, mountPath: {{ .root.Values.mlflow.artifacts }}, subPath: mlflow}
{{- end }}
{{- end -}}

{{/* Volumes by who mounts what: root, secrets (keys), what is of the claim, backups. */}}
{{- define "seismic.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .tmp | default "1Gi" }}}
{{- if include "seismic.claimMounts" . | trim }}
- name: state
  persistentVolumeClaim: {claimName: {{ include "seismic.claim" .root }}}
{{- end }}
{{- if and .backups .root.Values.backups.existingClaim }}
- name: backups
  persistentVolumeClaim: {claimName: {{ .root.Values.backups.existingClaim }}}
{{- end }}
{{- if .secrets }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range .secrets }}
      - secret:
          name: {{ $.root.Values.secrets.existingSecret }}
          optional: true
          items: [{key: {{ . }}, path: {{ . }}}]
      {{- end }}
{{- end }}
{{- if .launcher }}
- name: run-pods
  configMap: {name: {{ include "seismic.name" .root }}-run-pods}
{{- end }}
{{- end -}}

{{- define "seismic.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- with include "seismic.claimMounts" . | trim }}
{{ . }}
{{- end }}
{{- if and .backups .root.Values.backups.existingClaim }}
- {name: backups, mountPath: /backups}
{{- end }}
{{- if .secrets }}
- {name: secrets, mountPath: /run/secrets/seismic, readOnly: true}
{{- end }}
{{- if .launcher }}
- {name: run-pods, mountPath: /etc/seismic, readOnly: true}
{{- end }}
{{- end -}}

{{/* A Deployment of one container.
     root, component, image, account, command, ports, probes, replicas; rolling, token, env, and what is mounted. */}}
{{- define "seismic.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "seismic.metadata" . | nindent 2 }}
spec:
  {{- if not .autoscaled }}
  replicas: {{ .replicas | default 1 }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    {{- if .rolling }}
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
    {{- else }}
    type: Recreate
    {{- end }}
  selector:
    matchLabels:
      {{- include "seismic.selector" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  template:
    metadata:
      labels:
        {{- include "seismic.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
      annotations:
        # Settings are read at the start: another start where they changed.
        checksum/settings: {{ include (print .root.Template.BasePath "/settings.yaml") .root | sha256sum }}
        {{- if .launcher }}
        checksum/run-pods: {{ include (print .root.Template.BasePath "/run-pods.yaml") .root | sha256sum }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "seismic.name" .root }}-{{ .account }}
      automountServiceAccountToken: {{ .token | default false }}
      # Without: the addresses of services would come as variables, some with the names of settings.
      enableServiceLinks: false
      securityContext:
        {{- toYaml .root.Values.podSecurityContext | nindent 8 }}
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with .root.Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with .root.Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .rolling }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "seismic.selector" .root | nindent 14 }}
              app.kubernetes.io/component: {{ .component }}
      {{- end }}
      terminationGracePeriodSeconds: {{ .grace | default 60 }}
      containers:
        - name: {{ .component }}
          image: {{ include "seismic.image" . }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          command: {{ toJson (slice .command 0 1) }}
          args: {{ toJson (slice .command 1) }}
          envFrom:
            {{- include "seismic.envFrom" .root | nindent 12 }}
          {{- with .env }}
          env:
            {{- . | nindent 12 }}
          {{- end }}
          {{- with .port }}
          ports:
            - {name: main, containerPort: {{ . }}, protocol: TCP}
          {{- end }}
          {{- range $kind, $probe := .probes }}
          {{ $kind }}:
            {{- toYaml $probe | nindent 12 }}
          {{- end }}
          {{- if .rolling }}
          lifecycle:
            # Requests go on coming until all have heard that this pod ends.
            preStop: {exec: {command: [sleep, "5"]}}
          {{- end }}
          resources:
            {{- toYaml (index .root.Values .component).resources | nindent 12 }}
          securityContext:
            {{- include "seismic.containerSecurity" . | nindent 12 }}
          volumeMounts:
            {{- include "seismic.mounts" . | nindent 12 }}
      volumes:
        {{- include "seismic.volumes" . | nindent 8 }}
{{- end -}}

{{/* A service of a part: root, component, port. */}}
{{- define "seismic.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "seismic.metadata" . | nindent 2 }}
spec:
  selector:
    {{- include "seismic.selector" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
  ports:
    - {name: main, port: {{ .port }}, targetPort: main, protocol: TCP}
{{- end -}}

{{/* Probes of one kind of look: at the start for some minutes, then for life and, where another, for requests. */}}
{{- define "seismic.probes" -}}
startupProbe:
  {{- toYaml .look | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 36
livenessProbe:
  {{- toYaml .look | nindent 2 }}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
readinessProbe:
  {{- toYaml (.ready | default .look) | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}
