// Package validate checks ../job.yaml against the Kubernetes API's own types, strictly: an unknown field, or a value of
// the wrong type, is an error. It is a module of its own so that slmsam does not depend on Kubernetes.
package validate

import (
	"bytes"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestJob checks that the parts of the job that refer to each other agree.
func TestJob(t *testing.T) {
	data, err := os.ReadFile("../job.yaml")
	require.NoError(t, err)
	documents := bytes.Split(data, []byte("\n---\n"))
	require.Len(t, documents, 2)
	var job batchv1.Job
	require.NoError(t, yaml.UnmarshalStrict(documents[0], &job))
	var claim corev1.PersistentVolumeClaim
	require.NoError(t, yaml.UnmarshalStrict(documents[1], &claim))

	require.Equal(t, "batch/v1", job.APIVersion)
	require.Equal(t, batchv1.IndexedCompletion, *job.Spec.CompletionMode)
	require.LessOrEqual(t, *job.Spec.Parallelism, *job.Spec.Completions)
	pod := job.Spec.Template.Spec
	require.Equal(t, corev1.RestartPolicyNever, pod.RestartPolicy, "podFailurePolicy requires it")
	require.Len(t, pod.Containers, 1)
	container := pod.Containers[0]
	env := map[string]string{}
	for _, e := range container.Env {
		env[e.Name] = e.Value
	}
	require.Equal(t, strconv.Itoa(int(*job.Spec.Completions)), env["JOB_COMPLETIONS"])
	for _, arg := range container.Args {
		if name, ok := bytes.CutPrefix([]byte(arg), []byte("$(")); ok {
			require.Contains(t, env, string(bytes.TrimSuffix(name, []byte(")"))), "an argument refers to a variable that exists")
		}
	}
	for _, rule := range job.Spec.PodFailurePolicy.Rules {
		if rule.OnExitCodes != nil {
			require.Equal(t, container.Name, *rule.OnExitCodes.ContainerName)
		}
	}
	require.Equal(t, claim.Name, pod.Volumes[0].PersistentVolumeClaim.ClaimName)
	require.Equal(t, pod.Volumes[0].Name, container.VolumeMounts[0].Name)
	require.Contains(t, claim.Spec.AccessModes, corev1.ReadWriteMany, "pods on several nodes write")
}

// TestUnknownFieldsAreFound checks that a misspelled field is an error.
func TestUnknownFieldsAreFound(t *testing.T) {
	var job batchv1.Job
	require.ErrorContains(t, yaml.UnmarshalStrict([]byte("spec: {completion: 3}"), &job), `unknown field "completion"`)
}
