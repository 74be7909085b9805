// The calls that a policy can deny, as far as a denial has to name them: the filter that denies is made elsewhere.

/// What a denial says about a call: its name, what it is for, and how to show its arguments.
struct DeniableCall {
  let name: String
  let group: String
  /// One letter for each argument, from the first: `d` descriptor, `i` and `u` decimal, `x` hexadecimal, `o` mode,
  /// `p` address, `s` text in memory, `A` socket address in memory with its length next, `F` socket family,
  /// `T` socket type, `C` clone flags, `f` open flags, `n` signal.
  let arguments: String

  /// The call with this number; nil for one that no policy of ours denies by name.
  static func find(_ number: Int32) -> DeniableCall? {
    #if arch(x86_64)
      let column = 1
    #elseif arch(arm64)
      let column = 2
    #else
      let column = 3
    #endif
    // Searched as text, once for each denial: a table that were built at the start would cost every start.
    for line in rows.description.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 6, fields[column] == "\(number)" else { continue }
      return DeniableCall(
        name: String(fields[0]), group: String(fields[4]), arguments: fields[5] == "-" ? "" : String(fields[5]))
    }
    return nil
  }

  /// Name, number on x86_64, aarch64 and riscv64, purpose, arguments. Source: asm/unistd.h of Linux 6.18.
  static let rows: StaticString = """
    memfd_create              319  279  279  memory-file      sx
    get_mempolicy             239  236  236  numa             ppxxx
    set_mempolicy             238  237  237  numa             ipx
    mbind                     237  235  235  numa             xxxpxu
    set_mempolicy_home_node   450  450  450  numa             xxxx
    chmod                      90    -    -  file-mode        so
    fchmod                     91   52   52  file-mode        do
    fchmodat                  268   53   53  file-mode        dso
    fchmodat2                 452  452  452  file-mode        dsox
    mknod                     133    -    -  file-node        so
    mknodat                   259   33   33  file-node        dso
    ioctl                      16   29   29  ioctl            dx
    settimeofday              164  170  170  clock-setting    pp
    clock_settime             227  112  112  clock-setting    ip
    clock_adjtime             305  266  266  clock-setting    ip
    adjtimex                  159  171  171  clock-setting    p
    setuid                    105  146  146  identity-change  u
    setgid                    106  144  144  identity-change  u
    setreuid                  113  145  145  identity-change  uu
    setregid                  114  143  143  identity-change  uu
    setresuid                 117  147  147  identity-change  uuu
    setresgid                 119  149  149  identity-change  uuu
    setfsuid                  122  151  151  identity-change  u
    setfsgid                  123  152  152  identity-change  u
    setgroups                 116  159  159  identity-change  ip
    capset                    126   91   91  identity-change  pp
    clone                      56  220  220  clone            C
    clone3                    435  435  435  clone            px
    fork                       57    -    -  spawn            -
    vfork                      58    -    -  spawn            -
    execve                     59  221  221  execute          spp
    execveat                  322  281  281  execute          dsppx
    personality               135   92   92  personality      x
    socket                     41  198  198  socket           FTi
    socketpair                 53  199  199  socket-pair      FTip
    sendto                     44  206  206  socket-send      dpqxAi
    sendmsg                    46  211  211  socket-send      d
    sendmmsg                  307  269  269  socket-send      d
    connect                    42  203  203  socket-connect   dAi
    bind                       49  200  200  socket-connect   dAi
    listen                     50  201  201  socket-listen    di
    accept                     43  202  202  socket-listen    d
    accept4                   288  242  242  socket-listen    d
    shmget                     29  194  194  shared-memory    ixi
    shmat                      30  196  196  shared-memory    ipi
    shmctl                     31  195  195  shared-memory    iip
    shmdt                      67  197  197  shared-memory    p
    semget                     64  190  190  shared-memory    iii
    semop                      65  193  193  shared-memory    ipu
    semctl                     66  191  191  shared-memory    iiix
    semtimedop                220  192  192  shared-memory    ipup
    msgget                     68  186  186  shared-memory    ii
    msgsnd                     69  189  189  shared-memory    ipxi
    msgrcv                     70  188  188  shared-memory    ipxii
    msgctl                     71  187  187  shared-memory    iip
    mq_open                   240  180  180  shared-memory    sfo
    mq_unlink                 241  181  181  shared-memory    s
    mq_timedsend              242  182  182  shared-memory    dpxup
    mq_timedreceive           243  183  183  shared-memory    dpxpp
    mq_notify                 244  184  184  shared-memory    dp
    mq_getsetattr             245  185  185  shared-memory    dpp
    ptrace                    101  117  117  inspection       iixx
    process_vm_readv          310  270  270  inspection       i
    process_vm_writev         311  271  271  inspection       i
    process_madvise           440  440  440  inspection       dpxiu
    process_mrelease          448  448  448  inspection       du
    kcmp                      312  272  272  inspection       ii
    pidfd_getfd               438  438  438  inspection       ddx
    move_pages                279  239  239  inspection       ixpppi
    migrate_pages             256  238  238  inspection       ixpp
    perf_event_open           298  241  241  inspection       pi
    unshare                   272   97   97  namespace        C
    setns                     308  268  268  namespace        dC
    listns                    470  470  470  namespace        ppxu
    mount                     165   40   40  mount            sssxp
    umount2                   166   39   39  mount            sx
    pivot_root                155   41   41  mount            ss
    chroot                    161   51   51  mount            s
    open_tree                 428  428  428  mount            dsx
    open_tree_attr            467  467  467  mount            dpupx
    move_mount                429  429  429  mount            dsdsx
    fsopen                    430  430  430  mount            sx
    fsconfig                  431  431  431  mount            duppi
    fsmount                   432  432  432  mount            duu
    fspick                    433  433  433  mount            dsx
    mount_setattr             442  442  442  mount            dsx
    statmount                 457  457  457  mount            -
    listmount                 458  458  458  mount            -
    add_key                   248  217  217  keyring          ss
    request_key               249  218  218  keyring          ss
    keyctl                    250  219  219  keyring          ixxxx
    io_uring_setup            425  425  425  io-uring         up
    io_uring_enter            426  426  426  io-uring         duuupx
    io_uring_register         427  427  427  io-uring         dupu
    name_to_handle_at         303  264  264  file-handle      dsppx
    open_by_handle_at         304  265  265  file-handle      dpx
    fanotify_init             300  262  262  file-handle      uu
    fanotify_mark             301  263  263  file-handle      dxxds
    lookup_dcookie            212   18   18  file-handle      xpx
    bpf                       321  280  280  kernel           ipu
    userfaultfd               323  282  282  kernel           i
    kexec_load                246  104  104  kernel           xxpx
    kexec_file_load           320  294  294  kernel           ddxpx
    init_module               175  105  105  kernel           -
    finit_module              313  273  273  kernel           ds
    delete_module             176  106  106  kernel           s
    reboot                    169  142  142  kernel           iiup
    swapon                    167  224  224  kernel           sx
    swapoff                   168  225  225  kernel           s
    acct                      163   89   89  kernel           s
    quotactl                  179   60   60  kernel           xsi
    quotactl_fd               443  443  443  kernel           duup
    syslog                    103  116  116  kernel           ipi
    sethostname               170  161  161  kernel           s
    setdomainname             171  162  162  kernel           s
    lsm_set_self_attr         460  460  460  kernel           upuu
    vhangup                   153   58   58  kernel           -
    sysfs                     139    -    -  kernel           ixx
    iopl                      172    -    -  hardware         u
    ioperm                    173    -    -  hardware         xxi
    modify_ldt                154    -    -  hardware         ipx
    """
}
