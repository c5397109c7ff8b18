; Installs for this user alone, without an administrator. Filled in by scripts/windows.sh: VERSION, QUAD, FILES, OUT.
Unicode true
; Of the same kind as the program, with no 32-bit part of Windows needed.
Target amd64-unicode
ManifestDPIAware true
RequestExecutionLevel user
Name "GạchNợ"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\GachNo"
SetCompressor /SOLID lzma
VIProductVersion "${QUAD}"
VIAddVersionKey "ProductName" "GachNo"
VIAddVersionKey "FileDescription" "GachNo ${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "MIT"

!include "MUI2.nsh"
!include "Sections.nsh"
!define MUI_ICON "${FILES}/gachno.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\gachnow.exe"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "Vietnamese"
!insertmacro MUI_LANGUAGE "English"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\GachNo"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"

; A program that runs cannot be written over, but it can be given another name: what runs goes on, and the next start
; is the new one.
!macro Replace NAME
  Delete "$INSTDIR\${NAME}.old"
  IfFileExists "$INSTDIR\${NAME}" 0 +2
    Rename "$INSTDIR\${NAME}" "$INSTDIR\${NAME}.old"
  File "${FILES}/${NAME}"
  Delete "$INSTDIR\${NAME}.old"
!macroend

Section "GạchNợ"
  SectionIn RO
  SetOutPath "$INSTDIR"
  !insertmacro Replace "gachno.exe"
  !insertmacro Replace "gachnow.exe"
  File "${FILES}/gachno.ico"
  File "${FILES}/LICENSE.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\GachNo.lnk" "$INSTDIR\gachnow.exe" "" "$INSTDIR\gachno.ico"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "GachNo"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\gachno.ico"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "GachNo"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

Section /o "Mở khi đăng nhập Windows"
  WriteRegStr HKCU "${RUN}" "GachNo" '"$INSTDIR\gachnow.exe"'
SectionEnd

; Ledger, evidence, settings and drivers lie elsewhere and stay.
Section "Uninstall"
  Delete "$INSTDIR\gachno.exe"
  Delete "$INSTDIR\gachnow.exe"
  Delete "$INSTDIR\gachno.exe.old"
  Delete "$INSTDIR\gachnow.exe.old"
  Delete "$INSTDIR\gachno.ico"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\GachNo.lnk"
  DeleteRegValue HKCU "${RUN}" "GachNo"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
