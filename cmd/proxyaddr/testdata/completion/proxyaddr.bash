# Completion of proxyaddr for bash.
_proxyaddr() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} flags="" words=""
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W "scan completion help" -- "$current"))
        return
    fi
    if [[ $current == = ]]; then # the flag is before it
        current=""
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case ${COMP_WORDS[1]} in
    scan)
        case $before in
        --format) words="table json" ;;
        --output|-o|--config) return ;; # bash completes the names of files
        --bind-dn|-D)
            compopt +o default 2>/dev/null
            return ;;
        *) flags="--output -o --format --quiet -q --bind-dn -D --config --help" ;;
        esac ;;
    completion) flags=--help words="bash zsh fish powershell" ;;
    help) flags=--help words="scan completion" ;;
    esac
    [[ $current == -* ]] && words=$flags
    [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _proxyaddr proxyaddr
