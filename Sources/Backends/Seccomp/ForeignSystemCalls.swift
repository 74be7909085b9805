package import SystemCalls

extension SystemCall {
  /// Architectures on which a call of this name exists, when none of ours has it: tells such a call from a typo.
  ///
  /// Profiles for many architectures name these; on ours they have no number.
  package static func foreignArchitectures(of name: String) -> [String]? { foreign[name] }

  private static let foreign: [String: [String]] = {
    var result: [String: [String]] = [:]
    for line in foreignRows.description.split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count == 2 { result[String(fields[0])] = fields[1].split(separator: ",").map(String.init) }
    }
    return result
  }()

  /// Name, and the architectures of the kernel that number it.
  private static let foreignRows: StaticString = """
    _llseek                 arm,i386,mips,parisc,powerpc,s390
    _newselect              arm,i386,mips,parisc,powerpc,s390
    arm_fadvise64_64        arm
    arm_sync_file_range     arm
    bdflush                 arm,i386,mips,parisc,powerpc,s390
    break                   i386,mips,powerpc
    breakpoint              arm
    cachectl                mips
    cacheflush              arm,mips,parisc
    chown32                 arm,i386,s390
    clock_adjtime64         arm,i386,mips,parisc,powerpc,s390
    clock_getres_time64     arm,i386,mips,parisc,powerpc,s390
    clock_gettime64         arm,i386,mips,parisc,powerpc,s390
    clock_nanosleep_time64  arm,i386,mips,parisc,powerpc,s390
    clock_settime64         arm,i386,mips,parisc,powerpc,s390
    fadvise64_64            i386,parisc,powerpc,s390
    fchown32                arm,i386,s390
    fcntl64                 arm,i386,mips,parisc,powerpc,s390
    fstat64                 arm,i386,mips,parisc,powerpc,s390
    fstatat64               arm,i386,mips,parisc,powerpc,s390
    fstatfs64               arm,i386,mips,parisc,powerpc,s390
    ftime                   i386,mips,powerpc
    ftruncate64             arm,i386,mips,parisc,powerpc,s390
    futex_time64            arm,i386,mips,parisc,powerpc,s390
    get_tls                 arm
    getegid32               arm,i386,s390
    geteuid32               arm,i386,s390
    getgid32                arm,i386,s390
    getgroups32             arm,i386,s390
    getresgid32             arm,i386,s390
    getresuid32             arm,i386,s390
    getuid32                arm,i386,s390
    gtty                    i386,mips,powerpc
    idle                    i386,mips,powerpc,s390
    io_pgetevents_time64    arm,i386,mips,parisc,powerpc,s390
    ipc                     i386,mips,powerpc,s390
    lchown32                arm,i386,s390
    lock                    i386,mips,powerpc
    lstat64                 arm,i386,mips,parisc,powerpc,s390
    mmap2                   arm,i386,mips,parisc,powerpc,s390
    mpx                     i386,mips,powerpc
    mq_timedreceive_time64  arm,i386,mips,parisc,powerpc,s390
    mq_timedsend_time64     arm,i386,mips,parisc,powerpc,s390
    multiplexer             powerpc
    nice                    arm,i386,mips,parisc,powerpc,s390
    oldfstat                i386,powerpc
    oldlstat                i386,powerpc
    oldolduname             i386,powerpc
    oldstat                 i386,powerpc
    olduname                i386,powerpc
    pciconfig_iobase        arm,powerpc
    pciconfig_read          arm,powerpc
    pciconfig_write         arm,powerpc
    ppoll_time64            arm,i386,mips,parisc,powerpc,s390
    prof                    i386,mips,powerpc
    profil                  i386,mips,powerpc
    pselect6_time64         arm,i386,mips,parisc,powerpc,s390
    readdir                 i386,mips,powerpc,s390
    recv                    arm,mips,parisc,powerpc
    recvmmsg_time64         arm,i386,mips,parisc,powerpc,s390
    rt_sigtimedwait_time64  arm,i386,mips,parisc,powerpc,s390
    rtas                    powerpc
    s390_guarded_storage    s390
    s390_pci_mmio_read      s390
    s390_pci_mmio_write     s390
    s390_runtime_instr      s390
    s390_sthyi              s390
    sched_rr_get_interval_time64  arm,i386,mips,parisc,powerpc,s390
    semtimedop_time64       arm,i386,mips,parisc,powerpc,s390
    send                    arm,mips,parisc,powerpc
    sendfile64              arm,i386,mips,parisc,powerpc,s390
    set_tls                 arm
    setfsgid32              arm,i386,s390
    setfsuid32              arm,i386,s390
    setgid32                arm,i386,s390
    setgroups32             arm,i386,s390
    setregid32              arm,i386,s390
    setresgid32             arm,i386,s390
    setresuid32             arm,i386,s390
    setreuid32              arm,i386,s390
    setuid32                arm,i386,s390
    sgetmask                i386,mips,parisc,powerpc
    sigaction               arm,i386,mips,powerpc,s390
    signal                  i386,mips,parisc,powerpc,s390
    sigpending              arm,i386,mips,parisc,powerpc,s390
    sigprocmask             arm,i386,mips,parisc,powerpc,s390
    sigreturn               arm,i386,mips,powerpc,s390
    sigsuspend              arm,i386,mips,powerpc,s390
    socketcall              i386,mips,powerpc,s390
    spu_create              powerpc
    spu_run                 powerpc
    ssetmask                i386,mips,parisc,powerpc
    stat64                  arm,i386,mips,parisc,powerpc,s390
    statfs64                arm,i386,mips,parisc,powerpc,s390
    stime                   i386,mips,parisc,powerpc,s390
    stty                    i386,mips,powerpc
    subpage_prot            powerpc
    swapcontext             powerpc
    switch_endian           powerpc
    sync_file_range2        powerpc
    sys_debug_setcontext    powerpc
    syscall                 mips
    sysmips                 mips
    timer_gettime64         arm,i386,mips,parisc,powerpc,s390
    timer_settime64         arm,i386,mips,parisc,powerpc,s390
    timerfd                 mips,s390
    timerfd_gettime64       arm,i386,mips,parisc,powerpc,s390
    timerfd_settime64       arm,i386,mips,parisc,powerpc,s390
    truncate64              arm,i386,mips,parisc,powerpc,s390
    ugetrlimit              arm,i386,powerpc,s390
    ulimit                  i386,mips,powerpc
    umount                  i386,mips,powerpc,s390
    usr26                   arm
    usr32                   arm
    utimensat_time64        arm,i386,mips,parisc,powerpc,s390
    vm86                    i386,mips,powerpc
    vm86old                 i386
    waitpid                 i386,mips,parisc,powerpc
    """
}
