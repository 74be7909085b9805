internal import CanonicalJSON
internal import SandboxPlan
internal import SystemIO

/// A pod and a network policy for Kubernetes, as JSON, which kubectl takes like YAML; the image is that of the Dockerfile.
struct KubernetesPodExport {
  private let subject: ExportSubject

  init(_ subject: ExportSubject) { self.subject = subject }

  func files() throws(Failure) -> [ExportedFile] {
    let mounts = try subject.mounts()
    let root = RootDirectory(mounts, at: "rootfs", kind: subject.kind)
    var items: [JSON] = [try pod(mounts)]
    if subject.isOffline { items.append(policy) }
    let list: JSON = ["apiVersion": "v1", "kind": "List", "items": .array(items)]
    return [
      ExportedFile("seccomp.json", subject.seccomp.prettyBytes), ExportedFile("app.json", list.prettyBytes),
      ExportedFile("Dockerfile", DockerExport(subject).dockerfile),
    ] + root.files
  }

  /// Where the kubelet looks for the profile: `seccomp.json` has to be put there on each node.
  private var profile: String { "profiles/\(subject.publisher)-\(subject.name).json" }
  private var labels: JSON { ["app.kubernetes.io/name": .string(subject.name)] }
  private var metadata: JSON { ["name": .string(subject.name), "labels": labels] }

  private func pod(_ mounts: [ExportSubject.Mount]) throws(Failure) -> JSON {
    var volumes: [JSON] = []
    var places: [JSON] = []
    func add(_ mount: ExportSubject.Mount, _ volume: [String: JSON]) {
      let name = JSON.string("mount-\(volumes.count)")
      volumes.append(.object(volume.merging(["name": name]) { $1 }))
      places.append(
        ["name": name, "mountPath": .string(mount.target), "readOnly": .bool(mount.plan.isReadOnly)])
    }
    for mount in mounts {
      switch mount.place {
      case .bind(let source) where source == subject.payload: break  // in the image
      case .bind(let source) where source == subject.data: add(mount, ["emptyDir": [:]])
      case .bind(let source): add(mount, ["hostPath": ["path": .string(source)]])
      case .temporary(let bytes):
        add(mount, ["emptyDir": ["medium": "Memory", "sizeLimit": .string("\(bytes)")]])
      case .devices(let names):
        guard names.isEmpty else {
          throw Failure(
            "LB061", "the devices \(names.joined(separator: ", ")) cannot be exported to Kubernetes",
            help: "a node gives devices out by a plugin of its own")
        }
      case .home(let path): throw OCIRuntimeExport.unknown("the user's ~/\(path)")
      case .userDirectory(let role): throw OCIRuntimeExport.unknown("the user's \(role)")
      case .proc, .link, .file, .directory: break
      }
    }
    let launch = subject.plan.launch
    var container: [String: JSON] = [
      "name": .string(subject.name), "image": .string(DockerExport(subject).image), "stdin": true,
      "command": .array(launch.arguments.map { .string($0) }), "workingDir": .string(launch.workingDirectory),
      "env": .array(launch.environment.map { ["name": .string($0.name), "value": .string($0.value)] }),
      "volumeMounts": .array(places),
      "securityContext": [
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "privileged": false,
        "capabilities": ["drop": ["ALL"]],
      ],
    ]
    var limits: [String: JSON] = [:]
    if let memory = subject.plan.limits.first(where: { $0.resource == .addressSpace })?.value {
      limits["memory"] = .string("\(memory)")
    }
    if let processors = subject.processors { limits["cpu"] = .string("\(processors)m") }
    if !limits.isEmpty {
      container["resources"] = ["limits": .object(limits)]
    }
    var spec: [String: JSON] = [
      "automountServiceAccountToken": false, "enableServiceLinks": false, "restartPolicy": "Never",
      "hostname": "locara", "containers": [.object(container)], "volumes": .array(volumes),
      "securityContext": [
        "runAsNonRoot": true, "runAsUser": .integer(1000), "runAsGroup": .integer(1000), "fsGroup": .integer(1000),
        "seccompProfile": ["type": "Localhost", "localhostProfile": .string(profile)],
      ],
    ]
    if let wallTime = subject.plan.wallTime {
      spec["activeDeadlineSeconds"] = .integer(Int64(clamping: max(1, (wallTime + 999) / 1000)))
    }
    return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": .object(spec)]
  }

  private var policy: JSON {
    [
      "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
      "spec": ["podSelector": ["matchLabels": labels], "policyTypes": ["Egress", "Ingress"]],
    ]
  }
}
