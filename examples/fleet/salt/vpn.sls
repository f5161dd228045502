# One VPN: the entry in the phone book of all users, and the connection up.
Work VPN entry:
  winras.entry_present:
    - name: Work VPN
    - phone_number: vpn.example.com
    - strategy: SstpOnly
    - ipv4_default_gateway: False
    - ipv6_default_gateway: False
    - dns_suffix: corp.example.com
    - hang_up: True

Work VPN up:
  winras.connected:
    - name: Work VPN
    - require:
      - winras: Work VPN entry
