#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Registers a nightly scan for duplicate proxy addresses as a scheduled task.

.DESCRIPTION
The task runs as a group managed service account. It does what proxyaddr-scan.xml, beside this
file, says. The account has to be installed on this computer (Test-ADServiceAccount), and needs
the right "Log on as a batch job" here. docs/schedule.md tells how to give both.

Run it again to change the account or the time. Unregister-ScheduledTask -TaskName
'proxyaddr scan' takes it back.

.EXAMPLE
.\Register-ProxyaddrScan.ps1 -Account 'EXAMPLE\svc-proxyaddr$' -At 02:00
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    # The group managed service account, with its domain and the final $.
    [Parameter(Mandatory)]
    [ValidatePattern('^[^\\]+\\[^\\]+\$$')]
    [string] $Account,

    # When the scan starts, in local time.
    [datetime] $At = '02:00'
)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

$task = ([xml](Get-Content -Raw (Join-Path $PSScriptRoot 'proxyaddr-scan.xml'))).Task
$exec = $task.Actions.Exec
$directory = $exec.WorkingDirectory
if (-not (Test-Path 'C:\Program Files\proxyaddr\proxyaddr.exe')) {
    throw 'C:\Program Files\proxyaddr\proxyaddr.exe is missing. Copy it there first.'
}
if (-not (Test-Path (Join-Path $directory 'scan.conf'))) {
    throw "$directory\scan.conf is missing. Copy packaging\scan.conf there and name your domain in it."
}

if ($PSCmdlet.ShouldProcess($directory, "let nobody in but administrators and $Account")) {
    $null = New-Item -ItemType Directory -Force (Join-Path $directory 'metrics')
    # By SID, as names of groups are translated: SYSTEM and Administrators.
    icacls $directory /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' "${Account}:(OI)(CI)M"
    if ($LASTEXITCODE) { throw "icacls failed for $directory" }
}

$register = @{
    TaskName    = 'proxyaddr scan'
    Description = $task.RegistrationInfo.Description
    Action      = New-ScheduledTaskAction -Execute $exec.Command -Argument $exec.Arguments -WorkingDirectory $directory
    Trigger     = New-ScheduledTaskTrigger -Daily -At $At -RandomDelay (New-TimeSpan -Minutes 15)
    # Password is right for a managed account, though nobody knows one.
    Principal   = New-ScheduledTaskPrincipal -UserId $Account -LogonType Password -RunLevel Limited
    Settings    = New-ScheduledTaskSettingsSet -MultipleInstances IgnoreNew -StartWhenAvailable -AllowStartIfOnBatteries `
        -DontStopIfGoingOnBatteries -ExecutionTimeLimit (New-TimeSpan -Hours 2) -Priority 5
    Force       = $true
}
if ($PSCmdlet.ShouldProcess($register.TaskName, "register for $Account")) {
    Register-ScheduledTask @register
}
