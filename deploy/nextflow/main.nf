// slmsam batch as a Nextflow process: one task for each part of the dataset.
//
//   nextflow run deploy/nextflow/main.nf --dataset /data/Dataset001_Liver --out /data/liver-labels \
//     --checkpoint /data/run/best.safetensors --parts 16
//
// The results are written straight to --out, which must be an absolute path that all nodes share: staging thousands of
// volumes through work directories would copy each of them twice. A part that fails is tried again, and -resume leaves
// out the parts that are done; within a part, --skip-existing keeps the cases that are done.

nextflow.enable.dsl = 2

params.dataset = null
params.out = null
params.checkpoint = 'nano'
params.parts = 1
params.threads = 8
params.memory = '16 GB'
params.flags = '' // more flags of slmsam batch, as '--device cpu'
params.slmsam = 'slmsam'

process part {
    cpus { params.threads }
    memory { params.memory }
    // On a GPU partition of a cluster: clusterOptions '--gres=gpu:1'
    errorStrategy 'retry'
    maxRetries 1

    input:
    val id

    output:
    val id

    script:
    """
    ${params.slmsam} batch '${params.dataset}' -o '${params.out}' --num-parts ${params.parts} --part-id ${id} \
        --checkpoint '${params.checkpoint}' --threads ${task.cpus} --skip-existing ${params.flags}
    """
}

process status {
    input:
    val done

    output:
    stdout

    script:
    """
    ${params.slmsam} batch '${params.dataset}' -o '${params.out}' --status
    """
}

workflow {
    if (!params.dataset || !params.out) {
        error 'give --dataset and --out'
    }
    Channel.of(0..<(params.parts as int)) | part | collect | status | view
}
